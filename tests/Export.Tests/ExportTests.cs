using System.Globalization;
using System.Text;

namespace MicroGpt.Export.Tests;

/// <summary>Exported files draw what the library draws, as C# and as JavaScript, in Node.js and in a browser.</summary>
public sealed class ExportTests(Exports exports) : IClassFixture<Exports>
{
    // The files compute exp themselves. Seen: 2.2e-16. At this bound one document in 10¹¹ would differ.
    const double Bound = 1e-14;

    [Fact]
    public void CSharp_draws_the_documents_of_the_library()
    {
        exports.Dotnet.AssertDocuments();
        TestContext.Current.TestOutputHelper?.WriteLine($"probabilities differ by {exports.Dotnet.AssertNear(Bound):G3}");
    }

    [Fact]
    public void Node_draws_the_documents_of_the_library()
    {
        exports.Node.AssertDocuments();
        exports.Node.AssertNear(Bound);
    }

    [Fact]
    public void Chromium_draws_the_documents_of_the_library()
    {
        exports.Chromium.AssertDocuments();
        exports.Chromium.AssertNear(Bound);
    }

    [Fact]
    public void All_of_them_compute_the_same_bits()
    {
        exports.Dotnet.AssertSameBits(exports.Node);
        exports.Dotnet.AssertSameBits(exports.Chromium);
    }

    [Fact]
    public void The_first_lines_say_how_to_use_it_and_where_it_comes_from()
    {
        var model = ExportedModel.All[0];
        foreach (var source in (ModelSource[])[model.CSharp, model.JavaScript])
        {
            var head = source.Text.Split("\n\n")[0];
            var documents = source.Rounded.Generate(42).Take(5).Select(document => $"\"{document}\"");
            Assert.Contains($"// {string.Join(", ", documents)}\n", head);
            Assert.Contains(model.Gpt.Provenance.CorpusSha256, head);
            Assert.Contains("4,192 parameters", head);
            Assert.Contains("1,000 steps", head);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture,
                $"{source.Loss:F4}; {source.LossBefore:F4} before rounding"), head);
        }
    }

    [Theory]
    [InlineData(ExportNumbers.Int8, 0.001)]
    [InlineData(ExportNumbers.Float16, 0.0001)]
    [InlineData(ExportNumbers.Float32, 0.000001)]
    public void Rounding_costs_little_loss(ExportNumbers numbers, double most)
    {
        var source = ExportedModel.All[0].Gpt.Export("Names.cs", numbers);
        Assert.InRange(Math.Abs(source.Loss - source.LossBefore), 0, most);
        Assert.NotEqual(source.Loss, source.LossBefore);
    }

    [Fact]
    public void Rounding_changes_a_number_by_half_a_step_of_its_group_at_most()
    {
        foreach (var model in ExportedModel.All.Where(model => model.CSharp.Text.Contains("numbers  8 bits")))
        {
            var (before, after) = (model.Gpt.Parameters.Values, model.CSharp.Rounded.Parameters.Values);
            for (var begin = 0; begin < before.Length; begin += 16)
            {
                var group = begin..Math.Min(begin + 16, before.Length);
                var step = before[group].Max(Math.Abs) / 127;
                foreach (var (i, (a, b)) in before[group].Zip(after[group]).Index())
                {
                    Assert.True(Math.Abs(a - b) <= 0.51 * step, $"{model.Name}, parameter {begin + i}: {a} became {b}");
                }
            }
        }
    }

    /// <summary>A file of lines and characters that every editor shows, whatever the model's data were.</summary>
    [Fact]
    public void The_files_are_plain_text()
    {
        foreach (var text in ExportedModel.All.SelectMany(model => (string[])[model.CSharp.Text, model.JavaScript.Text]))
        {
            Assert.EndsWith("}\n", text);
            Assert.DoesNotContain('@' + "class", text.Replace("\"@class@\"", ""));
            foreach (var (number, line) in text.TrimEnd('\n').Split('\n').Index())
            {
                var most = line.Contains("characters", StringComparison.Ordinal) ? 1000 : 122; // a large vocabulary
                Assert.True(line == line.TrimEnd() && line.EnumerateRunes().Count() <= most,
                    $"line {number + 1}: {line}");
                Assert.All(line.EnumerateRunes(), c =>
                    Assert.True(c.Value is >= ' ' and <= '~' || Rune.IsLetter(c), $"line {number + 1}: U+{c.Value:X4}"));
            }
        }
    }

    [Theory]
    [InlineData("names.py", "must end in .cs, .js or .mjs")]
    [InlineData("names", "must end in .cs, .js or .mjs")]
    [InlineData("my-names.cs", "no name in C#")]
    [InlineData("1.cs", "no name in C#")]
    [InlineData(".cs", "no name in C#")]
    [InlineData("math.cs", "a name that it uses itself")]
    [InlineData("System.cs", "a name that it uses itself")]
    [InlineData("generate.cs", "a name that it uses itself")]
    [InlineData("Numbers.cs", "a name that it uses itself")]
    [InlineData("BOS.cs", "a name that it uses itself")]
    public void A_name_that_would_not_compile_is_refused(string name, string sentence)
    {
        var e = Assert.Throws<ArgumentException>(() => ExportedModel.All[0].Gpt.Export(name));
        Assert.Contains(sentence, e.Message);
    }

    [Fact]
    public void A_model_too_large_for_a_source_file_is_refused()
    {
        var gpt = new Trainer(new(["ab"]), new() { NEmbd = 512, NLayer = 2, NHead = 1 }).Snapshot();
        Assert.Contains("the most for a source file",
            Assert.Throws<InvalidOperationException>(() => gpt.Export("Large.cs")).Message);
        gpt = ExportedModel.All[0].Gpt;
        var values = new Parameters(gpt.Config);
        values.Values[7] = 1e39;
        foreach (var numbers in Enum.GetValues<ExportNumbers>())
        {
            var e = Assert.Throws<InvalidOperationException>(
                () => new Gpt(gpt.Tokenizer, values, gpt.Provenance, null).Export("Huge.js", numbers));
            Assert.Contains("1E+39 is too large for", e.Message);
        }
    }

    /// <summary>Text of a model file is data, and never becomes code.</summary>
    [Fact]
    public void A_hostile_model_file_puts_no_code_into_the_file()
    {
        var gpt = ExportedModel.All[0].Gpt;
        const string code = "*/\u2028alert(1)\r\n#error";
        var provenance = gpt.Provenance with { LibraryVersion = code, CorpusSha256 = code };
        foreach (var name in (string[])["Names.cs", "names.js"])
        {
            var text = new Gpt(gpt.Tokenizer, gpt.Parameters, provenance, null).Export(name).Text;
            Assert.All(text.Split('\n'), line => Assert.True(!line.Contains("#error") || line.StartsWith("//"), line));
            Assert.DoesNotContain('\u2028', text);
            Assert.DoesNotContain('\r', text);
        }
    }
}
