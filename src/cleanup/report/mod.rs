//! What was kept and what went, for people and for programs.
