"""The one reader: from the bytes of a file, or records, to cells of text. What the cells mean is decided afterwards."""
