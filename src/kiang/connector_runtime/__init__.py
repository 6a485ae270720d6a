"""The connector runtime: a long-running job worker that runs many connectors, on any engine behind one port."""
