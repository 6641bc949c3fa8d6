//! Every whole-program test, in one binary so that it links once.

mod markdown;
