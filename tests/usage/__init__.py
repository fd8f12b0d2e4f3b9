"""What the models took: counted, priced and summed up."""
