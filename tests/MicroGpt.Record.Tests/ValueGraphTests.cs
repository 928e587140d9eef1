namespace MicroGpt.Record.Tests;

public class ValueGraphTests
{
    static readonly (int Step, string Text)[] asked =
        [(0, "forrest"), (1000, "a"), (420, ""), (77, "mmmmmmmmmmmmmmmmmmmmm"), (1000, "marianne")];

    [Fact]
    public void It_has_every_value_of_the_file()
    {
        var graph = Built(0, "forrest");
        var leaves = Enumerable.Range(0, graph.Count).Where(i => graph[i].Operation == ValueOperation.Leaf).ToArray();
        var parameters = leaves.Count(i => graph[i].Place is { Parameter: not null });
        // 7 rows of wte (BOS and six letters), 8 of wpe, 27 of lm_head, and the layer's 3,072; the rest are constants.
        Assert.Equal((7 + 8 + 27) * 16 + 3072, parameters);
        Assert.Equal((68_939, 6_370), (graph.Count, leaves.Length));
        Assert.True(graph.IsDone);
        Assert.Equal(1, graph.Progress);
    }

    [Fact]
    public void Every_number_and_gradient_is_the_traces()
    {
        foreach (var (step, text) in asked)
        {
            var (graph, trace) = (Built(step, text), Runs.Standard.Trace(step, text));
            Bits.Equal(trace.Loss, graph[0].Data, $"the loss of '{text}'");
            for (var p = 0; p < trace.Positions; p++)
            {
                foreach (var activation in Enum.GetValues<Activation>())
                {
                    var values = trace.Values(activation, 0, p);
                    var gradients = trace.Gradients(activation, 0, p);
                    for (var i = 0; i < values.Length; i++)
                    {
                        var what = $"{activation} {i} at position {p} of '{text}'";
                        if (graph.Find(activation, p, i) is not int number)
                        {
                            Assert.Equal((Activation.Probability, 0), (activation, gradients[i])); // of another letter
                            continue;
                        }
                        var node = graph[number];
                        Assert.True(values[i] == node.Data, $"{what}: {node.Data}, traced {values[i]}");
                        Assert.True(gradients[i] == node.Grad, $"gradient of {what}: {node.Grad}, traced {gradients[i]}");
                    }
                }
            }
            for (var i = 0; i < trace.Gradient.Length; i++)
            {
                Assert.Equal(trace.Gradient[i], graph.Find(i) is int number ? graph[number].Grad : 0);
            }
        }
    }

    [Fact]
    public void Gradients_are_the_sums_of_what_consumers_hand_over()
    {
        foreach (var (step, text) in asked.Take(3))
        {
            var graph = Built(step, text);
            for (var number = 1; number < graph.Count; number++)
            {
                var node = graph[number];
                double sum = 0;
                foreach (var (consumer, slope) in node.Consumers)
                {
                    Assert.True(consumer < number);
                    sum += slope * graph[consumer].Grad;
                }
                Bits.Equal(node.Grad, sum, $"the gradient of node {number}");
                Assert.Equal(node.Parents.Count == 0, node.Operation == ValueOperation.Leaf);
            }
        }
    }

    [Fact]
    public void Every_node_is_what_its_operation_makes_of_its_parents()
    {
        var graph = Built(500, "zoe");
        var seen = new HashSet<ValueOperation>();
        for (var number = 0; number < graph.Count; number++)
        {
            var node = graph[number];
            var a = node.Parents.Count > 0 ? graph[node.Parents[0].Node].Data : 0;
            var b = node.Parents.Count > 1 ? graph[node.Parents[1].Node].Data : 0;
            var (data, slopes) = node.Operation switch
            {
                ValueOperation.Add => (a + b, new[] { 1.0, 1 }),
                ValueOperation.Multiply => (a * b, [b, a]),
                ValueOperation.Pow when node.Exponent is double n => (Math.Pow(a, n), [n * Math.Pow(a, n - 1)]),
                ValueOperation.Log => (Math.Log(a), [1 / a]),
                ValueOperation.Exp => (Math.Exp(a), [Math.Exp(a)]),
                ValueOperation.Relu => (Math.Max(a, 0), [a > 0 ? 1 : 0]),
                _ => (node.Data, []),
            };
            Assert.Equal(data, node.Data);
            Assert.Equal(slopes, node.Parents.Select(parent => parent.Slope));
            seen.Add(node.Operation);
        }
        Assert.Equal(Enum.GetValues<ValueOperation>().Length, seen.Count);
    }

    [Fact]
    public void Gradients_have_the_bits_of_the_files_own_Backward()
    {
        var run = Runs.Standard;
        var model = run.Model(300);
        Program.Value[] parameters = [.. model.Parameters.Values.Select(value => (Program.Value)value)];
        System.Collections.Generic.OrderedDictionary<string, Program.Value[][]> stateDict = [];
        foreach (var tensor in model.Parameters.Tensors)
        {
            stateDict[tensor.Name] = [.. parameters.Skip(tensor.Offset).Take(tensor.Length).Chunk(tensor.Columns)];
        }
        var (tokens, keys, values) = (model.Tokenizer.Encode("ophelia"), Program.Cache(), Program.Cache());
        Program.Value sum = 0;
        for (var i = 0; i < tokens.Length - 1; i++)
        {
            sum += -Program.Softmax(Program.Gpt(stateDict, tokens[i], i, keys, values))[tokens[i + 1]].Log();
        }
        (1.0 / (tokens.Length - 1) * sum).Backward();
        var graph = Built(300, "ophelia");
        for (var i = 0; i < parameters.Length; i++)
        {
            Bits.Equal(parameters[i].Grad, graph.Find(i) is int node ? graph[node].Grad : 0, $"{run.AddressOf(i)}");
        }
    }

    [Fact]
    public void A_model_of_another_shape_has_no_graph() =>
        Assert.Contains("another shape", Assert.Throws<ArgumentException>(() => Runs.Small.Graph(1, "a")).Message);

    static ValueGraph Built(int step, string text)
    {
        var graph = Runs.Standard.Graph(step, text);
        graph.Finish();
        return graph;
    }
}
