"""What somebody wrote, found in every copy and deleted."""
