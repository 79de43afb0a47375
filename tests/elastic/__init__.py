"""Loading a real Elasticsearch: what it holds in the end, and what happens when things break."""
