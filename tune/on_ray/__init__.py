"""Room for trainings on Ray, and what its errors mean."""
