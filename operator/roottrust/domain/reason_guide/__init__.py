"""What each reason means and what to do about it, for people who meet one in a status."""
