"""The page of a rule of one's own: lines go in; formula, proof in numbers and code come out."""
