"""What can be exported: bundles, reports, printed charts, tables, scripts for other libraries."""
