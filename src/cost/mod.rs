//! What a run costs, in closed form and counted.
