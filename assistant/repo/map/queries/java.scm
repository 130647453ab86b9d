(class_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class
(annotation_type_declaration name: (identifier) @name) @class
(constructor_declaration name: (identifier) @name) @function
(method_declaration name: (identifier) @name) @function

(method_invocation name: (identifier) @reference)
(method_reference (identifier) @reference)
(annotation name: (identifier) @reference)
(marker_annotation name: (identifier) @reference)
(import_declaration (scoped_identifier name: (identifier) @reference))
(type_identifier) @reference
