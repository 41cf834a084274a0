/// Attribute
