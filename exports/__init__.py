"""What leaves: bundles, reports, printed charts, tables, scripts for other libraries."""
