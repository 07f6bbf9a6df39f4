"""The API for programs, under `/api/v1`. Every route is behind the token, because the one router is."""
