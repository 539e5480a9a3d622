"""The models: stand-in teachers, untrained students, and students trained on a job's prompts."""
