(type_spec name: (type_identifier) @name) @class
(type_alias name: (type_identifier) @name) @value
(function_declaration name: (identifier) @name) @function
(method_declaration name: (field_identifier) @name) @function
(method_elem name: (field_identifier) @name) @function
(source_file (const_declaration (const_spec name: (identifier) @name) @value))
(source_file (var_declaration (var_spec name: (identifier) @name) @value))

(call_expression function:
  [(identifier) @reference (selector_expression field: (field_identifier) @reference)])
(type_identifier) @reference
