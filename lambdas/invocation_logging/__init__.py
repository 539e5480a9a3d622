"""The one logging configuration of an account and Region: taken by one environment, put back when that goes."""
