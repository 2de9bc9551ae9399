"""What SEARCH, SORT and THREAD have in common: keys into a query, results into ESEARCH and `$`, results that go on telling, signs of life."""
