"""Catalysts: earnings days and news, as features of each bar."""
