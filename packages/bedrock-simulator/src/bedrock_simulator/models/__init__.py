"""What makes answers: stand-in teacher and untrained student, and students trained on a job's prompts."""
