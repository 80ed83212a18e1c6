//! JavaScript bindings of Creel: no rules, only translation.
