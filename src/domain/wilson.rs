//! wilson
