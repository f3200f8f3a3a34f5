"""Tests of the project around the product."""
