"""Arrays as JSON text.

envelope    a body's fields, its arrays lifted out
array       an array's field in such a body
text        arrays as text: skeletons and pieces
parse       text → array
write       array → text
diagnosis   what is wrong with a text, and where
"""

from typing import Final

MEDIA_TYPE: Final = "application/json"
