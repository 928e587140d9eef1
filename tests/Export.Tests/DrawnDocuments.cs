using System.Globalization;
using System.Text.Json;

namespace MicroGpt.Export.Tests;

/// <summary>What the exported files drew, wherever they ran.</summary>
sealed class DrawnDocuments
{
    readonly JsonElement json;

    public DrawnDocuments(string text)
    {
        Assert.True(text.StartsWith('{'), text);
        json = JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Every document is the library's.</summary>
    public void AssertDocuments()
    {
        foreach (var model in ExportedModel.All)
        {
            var answers = json.GetProperty(model.Name).GetProperty("answers");
            foreach (var (draw, answer) in model.Draws.Zip(answers.EnumerateArray()))
            {
                Assert.True(answer.ValueKind == JsonValueKind.Array, $"{model.Name}, {draw}: {answer}");
                var drawn = answer.EnumerateArray().Select(document => document.GetString()).ToArray();
                var expected = draw.By(model.CSharp.Rounded);
                for (var i = 0; i < expected.Length; i++)
                {
                    Assert.True(expected[i] == drawn[i],
                        $"{model.Name}, {draw}, document {i}: {expected[i]}, not {drawn[i]}");
                }
                Assert.Equal(expected.Length, drawn.Length);
            }
        }
    }

    /// <summary>Every logit and probability is near the library's.</summary>
    /// <returns>The largest difference of two probabilities.</returns>
    public double AssertNear(double bound)
    {
        var worst = 0.0;
        foreach (var model in ExportedModel.All)
        {
            var (bits, at, decoder) = (Bits(model), 0, new Decoder(model.CSharp.Rounded.Parameters));
            foreach (var (position, token) in model.Tokens.Index())
            {
                var logits = decoder.Next(token).ToArray();
                var probabilities = new double[logits.Length];
                Softmax.Apply(logits, probabilities);
                at += logits.Length;
                foreach (var (i, p) in probabilities.Index())
                {
                    var here = Number(bits[at++]);
                    worst = Math.Max(worst, Math.Abs(here - p));
                    Assert.True(Math.Abs(here - p) <= bound,
                        $"{model.Name}, position {position}, token {i}: {p:R}, here {here:R}");
                }
            }
        }
        return worst;
    }

    /// <summary>Every logit and probability has the bits of the other's.</summary>
    public void AssertSameBits(DrawnDocuments other)
    {
        foreach (var model in ExportedModel.All)
        {
            var (mine, others) = (Bits(model), other.Bits(model));
            Assert.Equal(mine.Length, others.Length);
            for (var i = 0; i < mine.Length; i++)
            {
                Assert.True(mine[i] == others[i],
                    $"{model.Name}, number {i}: {Number(mine[i]):R}, {Number(others[i]):R}");
            }
        }
    }

    string[] Bits(ExportedModel model) =>
        [.. json.GetProperty(model.Name).GetProperty("logits").EnumerateArray().Select(bits => bits.GetString()!)];

    static double Number(string bits) =>
        BitConverter.Int64BitsToDouble(long.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
