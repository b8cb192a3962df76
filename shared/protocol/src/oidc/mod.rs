//! OpenID Connect as a provider: what applications are given.
