(class_definition name: (identifier) @name) @class
(function_definition name: (identifier) @name) @function
(module (assignment left: (identifier) @name) @value)

(call function: [(identifier) @reference (attribute attribute: (identifier) @reference)])
(decorator [(identifier) @reference (attribute attribute: (identifier) @reference)])
(class_definition superclasses: (argument_list
  [(identifier) @reference (attribute attribute: (identifier) @reference)]))
(import_from_statement name:
  [(dotted_name (identifier) @reference) (aliased_import name: (dotted_name (identifier) @reference))])
(type [
  (identifier) @reference
  (attribute attribute: (identifier) @reference)
  (generic_type (identifier) @reference)
  (binary_operator (identifier) @reference)
])
