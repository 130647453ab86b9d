(struct_item name: (type_identifier) @name) @class
(enum_item name: (type_identifier) @name) @class
(union_item name: (type_identifier) @name) @class
(trait_item name: (type_identifier) @name) @class
(type_item name: (type_identifier) @name) @value
(impl_item type: [(type_identifier) @name (generic_type type: (type_identifier) @name)]) @scope
(mod_item name: (identifier) @name body: (_)) @scope
(function_item name: (identifier) @name) @function
(function_signature_item name: (identifier) @name) @function
(macro_definition name: (identifier) @name) @value
(const_item name: (identifier) @name) @value
(static_item name: (identifier) @name) @value

(call_expression function: [
  (identifier) @reference
  (scoped_identifier name: (identifier) @reference)
  (field_expression field: (field_identifier) @reference)
  (generic_function function: [
    (identifier) @reference
    (scoped_identifier name: (identifier) @reference)
    (field_expression field: (field_identifier) @reference)
  ])
])
(macro_invocation macro: [(identifier) @reference (scoped_identifier name: (identifier) @reference)])
(scoped_identifier path: (identifier) @reference)
(use_declaration argument: (scoped_identifier name: (identifier) @reference))
(use_list (identifier) @reference)
(type_identifier) @reference
