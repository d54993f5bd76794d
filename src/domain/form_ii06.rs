//! form_ii06
