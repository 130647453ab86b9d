(class_declaration name: (identifier) @name) @class
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(method_definition name: (property_identifier) @name) @function
(field_definition property: (property_identifier) @name
  value: [(arrow_function) (function_expression)]) @function
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)]) @function
(variable_declarator name: (identifier) @name value: (class)) @class
(assignment_expression left: (member_expression property: (property_identifier) @name)
  right: [(arrow_function) (function_expression)]) @function
(pair key: (property_identifier) @name value: [(arrow_function) (function_expression)]) @function
(program (export_statement declaration: (lexical_declaration
  (variable_declarator name: (identifier) @name value: [(object) (array) (string) (number)]) @value)))

(call_expression function:
  [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(new_expression constructor:
  [(identifier) @reference (member_expression property: (property_identifier) @reference)])
(class_heritage (identifier) @reference)
(import_specifier name: (identifier) @reference)
(import_clause (identifier) @reference)
(jsx_opening_element name: (identifier) @reference)
(jsx_self_closing_element name: (identifier) @reference)
