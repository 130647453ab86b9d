(class_declaration name: (type_identifier) @name) @class
(abstract_class_declaration name: (type_identifier) @name) @class
(interface_declaration name: (type_identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(type_alias_declaration name: (type_identifier) @name) @value
(internal_module name: (identifier) @name) @scope
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(function_signature name: (identifier) @name) @function
(method_definition name: (property_identifier) @name) @function
(method_signature name: (property_identifier) @name) @function
(abstract_method_signature name: (property_identifier) @name) @function
(public_field_definition name: (property_identifier) @name
  value: [(arrow_function) (function_expression)]) @function
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)]) @function
(variable_declarator name: (identifier) @name value: (class)) @class
(program (export_statement declaration: (lexical_declaration
  (variable_declarator name: (identifier) @name value: [(object) (array) (string) (number)]) @value)))

(call_expression function:
  [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(new_expression constructor:
  [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(extends_clause value: (identifier) @reference)
(decorator [(identifier) @reference (call_expression function: (identifier) @reference)])
(import_specifier name: (identifier) @reference)
(import_clause (identifier) @reference)
(type_identifier) @reference
(jsx_opening_element name: (identifier) @reference)
(jsx_self_closing_element name: (identifier) @reference)
