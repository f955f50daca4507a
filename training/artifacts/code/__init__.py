"""Write a run as Python code, one module per part of the script. `artifacts/script` joins the parts."""
