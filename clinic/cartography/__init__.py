"""Maps and pictures: cut, thinned, framed and written as SVG."""
