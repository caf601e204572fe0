"""What people see: numbers to show, charts, one HTML page, tables for a terminal."""
