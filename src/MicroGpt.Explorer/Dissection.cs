using System.Globalization;
using MicroGpt.Explorer.Drawing;
using MicroGpt.Record;

namespace MicroGpt.Explorer;

/// <summary>Takes one number of a trace apart, by what computed it.</summary>
sealed class Dissection(Run run, Gpt model, Trace trace, ActivationAddress place)
{
    readonly GptConfig config = model.Config;

    string Title => $"{Anatomy.NameOfOne(place.Activation)}[{Index(place.Index)}] at {At(place.Position)}";

    public Anatomy Result()
    {
        var (i, p) = (place.Index, place.Position);
        switch (place.Activation)
        {
            case Activation.Embedding:
                return Sum($"What {At(p)} and its place put into lane {i}.", [
                    Parameter("wte", trace.Tokens[p], i), Parameter("wpe", p, i)]);
            case Activation.Input when place.Layer > 0:
                return Same(Activation.Output, place.Layer - 1, "The spine as the layer before left it.");
            case Activation.Input:
                return Norm(Activation.Embedding, $"Lane {i} of the spine.");
            case Activation.AttentionNorm:
                return Norm(Activation.Input, $"Lane {i}, scaled for attention.");
            case Activation.Query:
                return Linear("attn_wq", Activation.AttentionNorm,
                    $"One of four numbers that say what head {Head(i)} looks for.");
            case Activation.Key:
                return Linear("attn_wk", Activation.AttentionNorm,
                    $"One of four numbers that say what {At(p)} offers to head {Head(i)}.");
            case Activation.Value:
                return Linear("attn_wv", Activation.AttentionNorm,
                    $"One of four numbers that head {Head(i)} takes from {At(p)}.");
            case Activation.Score:
                return Score();
            case Activation.Weight:
                return Weight();
            case Activation.Heads:
                return Taken();
            case Activation.AttentionOutput:
                return Linear("attn_wo", Activation.Heads, $"What attention adds to lane {i}.");
            case Activation.Middle:
                return Sum($"Lane {i} after attention: what it added, and what was there.",
                    [One(Activation.AttentionOutput, i), One(Activation.Input, i)]);
            case Activation.MlpNorm:
                return Norm(Activation.Middle, $"Lane {i}, scaled for the MLP.");
            case Activation.Hidden:
                return Linear("mlp_fc1", Activation.MlpNorm, $"Hidden unit {i}, before ReLU.");
            case Activation.Relu:
                return Relu();
            case Activation.MlpOutput:
                return Linear("mlp_fc2", Activation.Relu, $"What the hidden units add to lane {i}.");
            case Activation.Output:
                return Sum($"Lane {i} at the end: what the MLP added, and what was there.",
                    [One(Activation.MlpOutput, i), One(Activation.Middle, i)]);
            case Activation.Logit:
                return Linear("lm_head", Activation.Output, $"The score of {Letter(i)} as the next letter.");
            default:
                return Softmax(Activation.Logit, 1,
                    $"How likely {Letter(i)} is to come next.", "e^logit / sum of all e^logit");
        }
    }

    string Letter(int token) => token == run.Tokenizer.Bos ? "the end" : Words.Letter(run, token);
    string At(int position) => position == 0
        ? "the start" : $"{Words.Letter(run, trace.Tokens[position])} ({Words.Ordinal(position)})";
    int Head(int lane) => lane / config.HeadDim + 1;

    string Index(int i) => place.Activation switch
    {
        Activation.Logit or Activation.Probability => Words.Letter(run, i),
        Activation.Score or Activation.Weight =>
            $"head {i / (place.Position + 1) + 1}, {Words.Letter(run, trace.Tokens[i % (place.Position + 1)])}",
        _ => i.ToString(CultureInfo.InvariantCulture),
    };

    ReadOnlySpan<double> Values(Activation activation) =>
        trace.Values(activation, LayerOf(activation), place.Position);
    int LayerOf(Activation activation) =>
        activation == Activation.Embedding ? 0
        : place.Activation == Activation.Logit ? config.NLayer - 1 : place.Layer;

    string Key(Activation activation, int index, int? position = null) =>
        new ActivationAddress(activation, LayerOf(activation), position ?? place.Position, index).ToString();

    Term One(Activation activation, int index) => new(Key(activation, index), Values(activation)[index], null, 1);

    Term Parameter(string tensor, int row, int column)
    {
        var matrix = model.Parameters.Tensors.First(each => each.Name == tensor);
        var address = run.AddressOf(matrix.Offset + row * matrix.Columns + column);
        return new(Words.Key(run, address), matrix[row][column], null, 1);
    }

    // Products are added from left to right, beginning with 0, as in Dot of microgpt.cs.
    Anatomy Sum(string meaning, List<Term> terms, string formula = "")
    {
        double again = 0;
        foreach (var term in terms)
        {
            again += term.Product;
        }
        return new(Title, meaning, formula, terms, again);
    }

    Anatomy Linear(string tensor, Activation input, string meaning)
    {
        var name = tensor == "lm_head" ? tensor : $"layer{place.Layer}.{tensor}";
        var matrix = model.Parameters.Tensors.First(each => each.Name == name);
        var row = matrix[place.Index];
        var x = Values(input);
        var terms = new List<Term>();
        for (var j = 0; j < x.Length; j++)
        {
            var address = run.AddressOf(matrix.Offset + place.Index * matrix.Columns + j);
            terms.Add(new(Words.Key(run, address), row[j], Key(input, j), x[j]));
        }
        return Sum(meaning, terms, $"{tensor}[{Index(place.Index)}] · {Anatomy.Name(input)}");
    }

    Anatomy Norm(Activation input, string meaning)
    {
        var x = Values(input);
        double squares = 0;
        foreach (var each in x)
        {
            squares += each * each;
        }
        var scale = Libm.Pow(squares * Libm.Pow(x.Length, -1) + 1e-5, -0.5);
        return new(Title, meaning,
            $"{Digits.Four(x[place.Index])} × {Digits.Four(scale)}, 1 / √(mean of the squares + 0.00001)",
            [new(Key(input, place.Index), x[place.Index], null, scale)], x[place.Index] * scale);
    }

    Anatomy Same(Activation input, int layer, string meaning)
    {
        var x = trace.Values(input, layer, place.Position)[place.Index];
        var key = new ActivationAddress(input, layer, place.Position, place.Index).ToString();
        return new(Title, meaning, "", [new(key, x, null, 1)], x);
    }

    Anatomy Relu()
    {
        var raw = Values(Activation.Hidden)[place.Index];
        return new(
            Title, raw > 0 ? $"Hidden unit {place.Index}: on."
                : $"Hidden unit {place.Index}: off, as its sum is not above 0.",
            $"max(0, {Digits.Four(raw)})",
            [new(Key(Activation.Hidden, place.Index), raw, null, raw > 0 ? 1 : 0)],
            raw > 0 ? raw : 0);
    }

    Anatomy Score()
    {
        var (head, key) = (place.Index / (place.Position + 1), place.Index % (place.Position + 1));
        var q = Values(Activation.Query);
        var k = trace.Values(Activation.Key, place.Layer, key);
        var terms = new List<Term>();
        for (var j = head * config.HeadDim; j < (head + 1) * config.HeadDim; j++)
        {
            terms.Add(new(Key(Activation.Query, j), q[j], Key(Activation.Key, j, key), k[j]));
        }
        return Sum(
            $"How well what {At(place.Position)} looks for agrees with what {At(key)} offers.",
            terms, "query · key");
    }

    Anatomy Weight()
    {
        var (head, key) = (place.Index / (place.Position + 1), place.Index % (place.Position + 1));
        return Softmax(Activation.Score, Libm.Pow(Libm.Pow(config.HeadDim, 0.5), -1),
            $"Head {head + 1} of {At(place.Position)} takes this share from {At(key)}.",
            "e^(score / 2) / sum of all of the head",
            head * (place.Position + 1), place.Position + 1);
    }

    Anatomy Taken()
    {
        var (head, j, n) = (place.Index / config.HeadDim, place.Index, place.Position + 1);
        var weights = Values(Activation.Weight);
        var terms = new List<Term>();
        for (var s = 0; s < n; s++)
        {
            terms.Add(new(Key(Activation.Weight, head * n + s), weights[head * n + s],
                Key(Activation.Value, j, s), trace.Values(Activation.Value, place.Layer, s)[j]));
        }
        return Sum($"What head {head + 1} took: of each letter’s value, as much as its attention says.",
            terms, "attention · values");
    }

    // Scores count only within their own head: those from first on, count of them.
    Anatomy Softmax(Activation input, double scale, string meaning, string formula, int first = 0, int? count = null)
    {
        var x = Values(input).Slice(first, count ?? config.VocabSize);
        var (max, total) = (double.NegativeInfinity, 0.0);
        foreach (var each in x)
        {
            max = Math.Max(max, each * scale);
        }
        foreach (var each in x)
        {
            total += Libm.Exp(each * scale + -max);
        }
        var own = Libm.Exp(x[place.Index - first] * scale + -max);
        return new(Title, meaning, $"{formula} = {Digits.Four(own)} / {Digits.Four(total)}",
            [new(Key(input, place.Index), x[place.Index - first], null, scale)], own * Libm.Pow(total, -1));
    }
}
