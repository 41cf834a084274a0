/// Normalize
