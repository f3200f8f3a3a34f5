"""The checks of the gate that need nothing but the files; each says what, where and how to mend."""
