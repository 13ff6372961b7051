// The operation that graphs of the inference engine name: formwright.Linear(hidden, weights, group_sums, scales).
#include <openvino/core/extension.hpp>
#include <openvino/core/op_extension.hpp>
#include <openvino/op/op.hpp>

#include "linear.hpp"

namespace formwright {

class Linear : public ov::op::Op {
 public:
  OPENVINO_OP("Linear", "formwright");

  Linear() = default;
  explicit Linear(const ov::OutputVector& arguments) : Op(arguments) { constructor_validate_and_infer_types(); }

  void validate_and_infer_types() override {
    const auto& hidden = get_input_partial_shape(0);
    set_output_type(0, ov::element::f32, ov::PartialShape{hidden[0], get_input_partial_shape(3)[0]});
  }

  std::shared_ptr<ov::Node> clone_with_new_inputs(const ov::OutputVector& arguments) const override {
    return std::make_shared<Linear>(arguments);
  }

  bool visit_attributes(ov::AttributeVisitor&) override { return true; }
  bool has_evaluate() const override { return true; }

  bool evaluate(ov::TensorVector& outputs, const ov::TensorVector& inputs) const override {
    const auto& hidden = inputs[0].get_shape();
    outputs[0].set_shape({hidden[0], inputs[3].get_size()});
    linear(inputs[0].data<float>(), hidden[0], hidden[1], inputs[3].get_size(), inputs[1].data<std::int8_t>(),
           inputs[2].data<float>(), inputs[3].data<float>(), outputs[0].data<float>());
    return true;
  }
};

}  // namespace formwright

OPENVINO_CREATE_EXTENSIONS(std::vector<ov::Extension::Ptr>({std::make_shared<ov::OpExtension<formwright::Linear>>()}));
