"""Documents that processes refer to: kept outside of variables, in memory or in a folder."""
