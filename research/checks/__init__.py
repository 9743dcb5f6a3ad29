"""Does the record agree with what the code would decide, and does the code look ahead?"""
