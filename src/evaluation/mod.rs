//! Many runs into one result: the only source of every shown number.
