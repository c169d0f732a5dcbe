"""Arrays as bytes.

formats     the forms that one array can have: a table
npy         numpy's file format
npz         numpy's archives of such files
raw         elements as they are
memory      bytes ↔ arrays as they lie in memory
"""
