// ---- commands

function writeOrder(given) {
  var order = given && REGISTRY.orders.hasOwnProperty(given.order) ? REGISTRY.orders[given.order] : refuse("no such order: " + (given && given.order));
  var wanted = order.several ? order.arguments.concat([order.several]) : order.arguments;
  var names = ["order"];
  var coded = [order.code];
  for (var i = 0; i < wanted.length; i++) {
    var value = given[wanted[i].name];
    names.push(wanted[i].name);
    if (wanted[i] !== order.several) coded.push(argument(wanted[i], value));
    else {
      if (!isArray(value) || value.length > REGISTRY.at_once) refuse(wanted[i].name + " is a list of up to " + REGISTRY.at_once + " numbers");
      for (var j = 0; j < value.length; j++) coded.push(argument(wanted[i], value[j]));
    }
  }
  for (var name in given) if (names.indexOf(name) < 0) refuse(given.order + " takes no " + name);
  return coded;
}

function argument(wanted, value) {
  if (wanted.name === "quantity" && typeof value === "string") {
    for (var i = 0; i < REGISTRY.quantities.length; i++) if (REGISTRY.quantities[i].name === value) value = i;
  }
  if (!isInteger(value) || value < wanted.least || value > wanted.most) {
    refuse(wanted.name + " is " + value + ", not in " + wanted.least + " to " + wanted.most);
  }
  return value;
}

// ---- TS013

function answered(work) {
  try {
    return work();
  } catch (error) {
    return { errors: [error.message] };
  }
}

function decodeUplink(input) {
  return answered(function () {
    var said = read(input.bytes);
    return said.warnings.length ? said : { data: said.data };
  });
}

function decodeDownlink(input) {
  return decodeUplink(input);
}

function encodeDownlink(input) {
  return answered(function () {
    var orders = input.data.orders;
    if (!isArray(orders) || !orders.length) refuse("a command without orders");
    var items = [-20, uint(input.data.token === undefined ? 0 : input.data.token, "a token")];
    for (var i = 0; i < orders.length; i++) items.push(writeOrder(orders[i]));
    return { bytes: encodeItem(items), fPort: REGISTRY.command_port };
  });
}
