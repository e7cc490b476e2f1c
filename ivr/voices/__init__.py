"""How sentences sound: recordings of them, and the voices that read them out."""
