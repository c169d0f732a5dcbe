"""Arrays as bytes.

formats     the forms that one array can have: a table
npy         numpy's file format
npz         numpy's archives of such files
raw         elements as they are
elements    bytes ↔ elements as they lie in memory
"""
