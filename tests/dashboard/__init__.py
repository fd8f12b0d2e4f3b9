"""The numbers of the team equal those counted by hand, and open the rows that they count."""
