"""Operations: the protocol of every change, the work that is due, and actions on many things."""
