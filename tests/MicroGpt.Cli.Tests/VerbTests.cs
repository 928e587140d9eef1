using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;

namespace MicroGpt.Cli.Tests;

public sealed class VerbTests : IClassFixture<VerbTests.Trained>
{
    readonly Command microgpt;

    public VerbTests(Trained trained) => microgpt = trained.Command;

    /// <summary>A folder with names.txt and the model of it, names.safetensors.</summary>
    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            File.Copy(Path.Join(Golden.Root, "data", "names.txt"), Command.At("names.txt"));
            var trainer = new Trainer(Corpus.Load(Command.At("names.txt")), new TrainingOptions());
            Assert.Equal(1000, trainer.Run().Count());
            trainer.Save(Command.At("names.safetensors"));
            Gpt = Gpt.Load(Command.At("names.safetensors"));
        }

        public Command Command { get; } = new();

        public static Gpt Gpt { get; private set; } = null!;

        public void Dispose() => Command.Dispose();
    }

    static Gpt Gpt => Trained.Gpt;

    [Fact]
    public void Sample_draws_what_the_library_draws()
    {
        var expected = Gpt.Generate(7).Take(20).ToArray();
        Assert.Equal(expected, microgpt.Run("sample", "names.safetensors", "--seed", "7").Good().Lines);
        var options = new SamplingOptions
        {
            Prompt = "ka",
            Temperature = 0.8,
            TopK = 9,
            TopP = 0.9,
            MinLength = 4,
            MaxLength = 7,
            Exclude = Corpus.Load(microgpt.At("names.txt")),
        };
        var json = microgpt.Run(
            "sample", "names.safetensors", "-n", "5", "--seed", "3", "--prompt", "ka", "--temperature", "0.8",
            "--top-k", "9", "--top-p", "0.9", "--min-length", "4", "--max-length", "7", "--not-in", "names.txt",
            "--json").Good();
        Assert.Equal(Gpt.Generate(3, options).Take(5),
            json.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()));
        Assert.NotEqual(microgpt.Run("sample", "names.safetensors").Good().Output, // without a seed, others each time
            microgpt.Run("sample", "names.safetensors").Good().Output);
    }

    [Fact]
    public void Score_puts_the_likeliest_first()
    {
        string[] texts = ["xqzzt", "anna", "elin"];
        var lines = microgpt.Run(["score", "names.safetensors", .. texts]).Good().Lines;
        var expected = texts.OrderBy(text => Gpt.Score(text).Loss).ToArray();
        Assert.Equal(expected, lines[1..].Select(line => line.Split(' ')[^1]));
        foreach (var (text, line) in expected.Zip(lines[1..]))
        {
            var score = Gpt.Score(text);
            var perplexity = score.Perplexity.ToString("F2", CultureInfo.InvariantCulture);
            Assert.Equal([F4(score.Loss), F4(score.BitsPerCharacter), perplexity],
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..3]);
        }
        var spelled = microgpt.Run("score", "names.safetensors", "anna", "--verbose").Good().Lines[2];
        var p = Gpt.Score("anna").Predictions[0].Probability.ToString("0.00", CultureInfo.InvariantCulture);
        Assert.StartsWith($"          a {p}  n ", spelled);
        var file = microgpt.Run("score", "names.safetensors", "--file", "names.txt").Good().Lines[1..];
        Assert.Equal(Corpus.Load(microgpt.At("names.txt")).OrderBy(text => Gpt.Score(text).Loss),
            file.Select(line => line[32..].Split("   (")[0]));
    }

    [Fact]
    public void Not_in_counts_a_long_line_as_far_as_the_model_sees_it()
    {
        // Two documents of 18 characters, of which the model learns 16: what it draws is new to nobody.
        microgpt.Write("long.txt", "abcdefghijklmnopqr\nabcdefghijklmnopqs\n");
        microgpt.Run("train", "long.txt", "--steps", "400", "--quiet", "--out", "long.safetensors");
        string[] sample = ["sample", "long.safetensors", "-n", "5", "--seed", "1", "--temperature", "0.1"];
        Assert.Contains("abcdefghijklmnop", microgpt.Run(sample).Good().Lines);
        microgpt.Run([.. sample, "--not-in", "long.txt"]).Fails(1, "--not-in", "10,000 documents", "--temperature");

        microgpt.Write("mark.txt", "\ufeffabc\n");
        var marked = microgpt.Run([.. sample, "--not-in", "mark.txt"]);
        Assert.Equal((0, 5), (marked.ExitCode, marked.Lines.Length));
        Assert.StartsWith("note: mark.txt begins with a byte order mark", marked.Error);
    }

    [Fact]
    public void Score_scores_what_it_can()
    {
        var result = microgpt.Run("score", "names.safetensors", "anna", "žan", "elin", "Ada");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(microgpt.Run("score", "names.safetensors", "anna", "elin").Good().Output, result.Output);
        string[] errors = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, errors.Length);
        Assert.StartsWith("microgpt: TEXT: the model does not know the character 'ž' (U+017E) in \"žan\"", errors[0]);
        Assert.StartsWith("microgpt: TEXT: the model does not know the character 'A' (U+0041) in \"Ada\"", errors[1]);

        microgpt.Write("bad.txt", "anna\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"anna{i}\n")));
        var file = microgpt.Run("score", "names.safetensors", "--file", "bad.txt");
        Assert.Equal((1, 2, 11), (file.ExitCode, file.Lines.Length, file.Error.Count(c => c == '\n')));
        Assert.Contains("microgpt: bad.txt: line 2, column 5: ", file.Error);
        Assert.EndsWith("microgpt: bad.txt: 20 more with characters that the model does not know\n", file.Error);
        microgpt.Run("score", "names.safetensors", "ž").Fails(1, "TEXT", "U+017E");
    }

    [Fact]
    public void Spaces_can_be_seen_and_what_is_beyond_the_block_is_said()
    {
        microgpt.Write("towns.txt", "bad ems\nbad\u00a0orb\nbad bad bad bad.\nbad bad bad bad.!\n");
        microgpt.Run("train", "towns.txt", "--steps", "2", "--quiet", "--out", "towns.safetensors").Noted("block");
        Assert.Contains("vocabulary  13: ␣!.abdemors U+00A0 and BOS (␣: space)",
            microgpt.Run("info", "towns.safetensors").Good().Lines);
        microgpt.Run("sample", "towns.safetensors", "--prompt", "Bad")
            .Fails(2, "'B' (U+0042)", "it knows ␣!.abdemors U+00A0");
        string[] texts = ["bad ems", "bad bad bad bad.", "bad bad bad bad.!", "bad\u00a0ems"];
        var lines = microgpt.Run(["score", "towns.safetensors", "--verbose", .. texts]).Good().Lines;
        Assert.Matches("  d [0-9.]+  ␣ [0-9.]+  e ", After("bad ems"));
        Assert.Matches(@"  d [0-9.]+  U\+00A0 [0-9.]+  e ", After("bad\u00a0ems"));
        After("bad bad bad bad.   (without its end)");
        After("bad bad bad bad.!   (its first 16 characters)");
        Assert.Contains("2 documents too long for the context: only the first 16 characters count",
            microgpt.Run("eval", "towns.safetensors", "towns.txt").Good().Lines);

        string After(string text) =>
            lines[Array.FindIndex(lines, line => line.EndsWith("  " + text, StringComparison.Ordinal)) + 1];
    }

    [Fact]
    public void Eval_stands_beside_baselines_that_are_counted_right()
    {
        // Two documents, "ab" and "a", over {a, b, BOS}: predictions a b | a BOS BOS, in the model's order a b BOS a BOS.
        microgpt.Write("ab.txt", "ab\na\n");
        new Trainer(new Corpus(["a", "ab"]), new TrainingOptions()).Save(microgpt.At("ab.safetensors"));
        var lines = microgpt.Run("eval", "ab.safetensors", "ab.txt").Good().Lines;
        Assert.Equal("2 documents, 5 characters to predict, the ends of documents included", lines[0]);
        Assert.Equal(F4(Gpt.Load(microgpt.At("ab.safetensors")).Evaluate(["ab", "a"]).Loss), Loss("model"));
        Assert.Equal(F4(Math.Log(3)), Loss("uniform"));
        // 2 a, 2 BOS, 1 b
        Assert.Equal(F4(-(2 * Math.Log(2 / 5.0) * 2 + Math.Log(1 / 5.0)) / 5), Loss("letter frequency"));
        Assert.Equal(F4(-(2 * Math.Log(1 / 2.0)) / 5), Loss("bigram counts")); // only after a is there a choice: b or BOS
        Assert.Matches("^The model is [0-9.]+ bits/char worse than bigrams counted on this file.$", lines[^1]);

        string Loss(string what) =>
            lines.Single(line => line.StartsWith(what, StringComparison.Ordinal))[18..].Trim().Split(' ')[0];
    }

    [Fact]
    public void Eval_says_when_a_model_is_better_than_bigrams()
    {
        microgpt.Write("abab.txt", "aabbaabb\nbbaabbaa\n"); // no pair tells what comes next, two letters do
        var trainer = new Trainer(new Corpus(["bbaabbaa", "aabbaabb"]), new TrainingOptions()); // not the same file
        Assert.Equal(1000, trainer.Run().Count());
        trainer.Save(microgpt.At("abab.safetensors"));
        var result = microgpt.Run("eval", "abab.safetensors", "abab.txt").Good();
        Assert.Matches("\nThe model is [0-9.]+ bits/char better than bigrams counted on this file.\n$", result.Output);
    }

    [Fact]
    public void Eval_prints_no_negative_zero()
    {
        microgpt.Write("aaa.txt", "aaaaaa"); // nothing but a, and chunks have no end to predict
        microgpt.Run("train", "aaa.txt", "--documents", "chunks", "--block-size", "2", "--steps", "400", "--quiet",
            "--out", "aaa.safetensors").Noted("passes each document 133 times");
        var lines = microgpt.Run("eval", "aaa.safetensors", "aaa.txt").Good().Lines;
        Assert.Contains(lines, line => line.StartsWith("letter frequency  0.0000     0.0000        1.00"));
        Assert.Contains(lines, line => line.StartsWith("bigram counts     0.0000     0.0000        1.00"));
        Assert.DoesNotContain(lines, line => line.Contains("-0.0"));
    }

    [Fact]
    public void Columns_stay_in_place_however_large_a_number_is()
    {
        var gpt = Gpt.Load(microgpt.At("names.safetensors"));
        for (var i = 0; i < gpt.Parameters.Values.Length; i++)
        {
            gpt.Parameters.Values[i] *= 2.5; // surer of everything, and more surprised
        }
        gpt.Save(microgpt.At("sure.safetensors"));
        var lines = microgpt.Run("score", "sure.safetensors", "xqzzt", "qqqqqqq", "anna").Good().Lines;
        Assert.Equal("   loss  bits/char  perplexity  text", lines[0]);
        Assert.All(lines[1..], line => Assert.Matches("^[ 0-9.]{7}  [ 0-9.]{9}  [ 0-9.E+]{10}  [a-z]+$", line));
        Assert.Matches("  [0-9]{8,}|E[+]", lines[^1]); // where 1,000,000.00 would be too wide
    }

    [Fact]
    public void A_model_whose_probabilities_are_not_numbers_gets_a_sentence()
    {
        var gpt = Gpt.Load(microgpt.At("names.safetensors"));
        for (var i = 0; i < 27 * 16; i++) // lm_head stands after wte [27, 16] and wpe [16, 16]
        {
            gpt.Parameters.Values[(27 + 16) * 16 + i] = i % 3 == 0 ? 1.7e308 : -1.7e308;
        }
        gpt.Save(microgpt.At("large.safetensors"));
        const string sentence = "microgpt: large.safetensors: the model's parameters are too large";
        microgpt.Run("score", "large.safetensors", "anna").Fails(1, sentence);
        microgpt.Run("eval", "large.safetensors", "names.txt").Fails(1, sentence);
        microgpt.Run("sample", "large.safetensors").Fails(1, sentence);
        microgpt.Run("sample", "large.safetensors", "--not-in", "names.txt").Fails(1, sentence);
        var info = microgpt.Run("info", "large.safetensors").Good().Output;
        Assert.DoesNotMatch("NaN|Infinity|∞", info);
    }

    [Fact]
    public void A_dash_is_stdin_wherever_a_text_is_read()
    {
        var names = File.ReadAllText(microgpt.At("names.txt"));
        Assert.Equal(microgpt.Run("eval", "names.safetensors", "names.txt").Good(),
            microgpt.RunWithInput(names, "eval", "names.safetensors", "-").Good());
        Assert.Equal(microgpt.Run("score", "names.safetensors", "--file", "names.txt").Good(),
            microgpt.RunWithInput(names, "score", "names.safetensors", "--file", "-").Good());
        string[] sample = ["sample", "names.safetensors", "--seed", "1", "--not-in"];
        Assert.Equal(microgpt.Run([.. sample, "names.txt"]).Good(),
            microgpt.RunWithInput(names, [.. sample, "-"]).Good());
        microgpt.RunWithInput("anna\nžan\n", "eval", "names.safetensors", "-").Fails(1, "stdin: line 2, column 1: ");
        microgpt.RunWithInput("", "info", "-").Fails(2, "MODEL -");
    }

    [Fact]
    public void No_sample_is_blank()
    {
        // Of one step's model of one letter, half of what is drawn is the end of the document at once.
        microgpt.Write("a.txt", "a\n");
        microgpt.Run("train", "a.txt", "--steps", "1", "--quiet", "--out", "one.safetensors");
        string[] sample = ["sample", "one.safetensors", "-n", "40", "--temperature", "1", "--seed", "1"];
        var output = microgpt.Run(sample).Good().Output;
        Assert.Equal(40, output.Count(c => c == '\n'));
        Assert.All(output.TrimEnd('\n').Split('\n'), line => Assert.Matches("^a+$", line));

        for (var seed = 0; ; seed++) // a model that ends each document at once, if it is not tempted
        {
            var trainer = new Trainer(Corpus.Load(microgpt.At("a.txt")), new TrainingOptions { Seed = seed });
            if (trainer.Snapshot().Score("").Predictions[0].Probability > 0.6)
            {
                trainer.Snapshot().Save(microgpt.At("blank.safetensors"));
                break;
            }
        }
        microgpt.Run("sample", "blank.safetensors", "--temperature", "0.001")
            .Fails(1, "10,000 documents in a row were blank");
    }

    [Fact]
    public void Info_shows_the_model()
    {
        var lines = microgpt.Run("info", "names.safetensors").Good().Lines;
        Assert.Contains("parameters  4,192", lines);
        Assert.Contains("vocabulary  27: abcdefghijklmnopqrstuvwxyz and BOS", lines);
        Assert.Contains("trained     1000 of 1000 steps, learning rate 0.01, batch size 1, seed 42", lines);
        Assert.Contains($"data sha256 {Golden.Load("shipped-names-default").Sha256("input_sha256")}", lines);
        var wte = lines.Single(line => line.StartsWith("wte ", StringComparison.Ordinal));
        var values = Gpt.Parameters["wte"].ToArray();
        var mean = values.Average();
        var std = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        string[] expected = [.. new[] { mean, std, values.Min(), values.Max() }
            .Select(number => number.ToString("G4", CultureInfo.InvariantCulture))];
        Assert.Equal(["wte", "[27,", "16]", .. expected], wte.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(
            Gpt.Parameters.Tensors.Select(tensor => tensor.Name), lines[^9..].Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("train", 40)]
    [InlineData("sample")]
    [InlineData("score")]
    [InlineData("eval")]
    [InlineData("info")]
    [InlineData("")]
    public void Help_is_one_page_and_ends_with_two_examples(string verb, int most = 24)
    {
        string[] words = verb.Length == 0 ? ["--help"] : [verb, "--help"];
        var lines = microgpt.Run(words).Good().Output.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 5, most);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal("Examples:", lines[^3]);
        Assert.All(lines[^2..], line => Assert.StartsWith($"  microgpt {verb}", line));
    }

    [Fact]
    public void The_version_is_that_of_the_library() => Assert.Equal(
        typeof(Gpt).Assembly.GetName().Version!.ToString(3), microgpt.Run("--version").Good().Output.TrimEnd('\n'));

    [Fact]
    public void Version_and_verbose_say_what_the_program_uses_of_the_machine()
    {
        var lines = microgpt.Run("--version", "--verbose").Good().Lines;
        Assert.Equal(["version", "build", "vectors", "cores"], lines.Select(line => line.Split(' ')[0]));
        Assert.Contains(Processor.VectorBits > 0 ? $"{Processor.VectorBits} bits" : "none", lines[2]);
        Assert.EndsWith($" {Environment.ProcessorCount}", lines[3]);
    }

    [Fact]
    public void A_build_without_the_vectors_of_the_processor_says_so()
    {
        var isOurs = Command.Executable.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal);
        Assert.SkipUnless(isOurs && Avx2.IsSupported, "needs a build for .NET, on a processor with AVX2");
        var run = $"DOTNET_EnableAVX2=0 '{Command.Executable}'";
        microgpt.Shell($"{run} train names.txt --steps 1 --quiet --out v.safetensors").Noted("built without vectors");
        Assert.Contains("none; the processor has AVX2", microgpt.Shell($"{run} --version --verbose").Good().Output);
        run = $"MICROGPT_VECTOR=scalar '{Command.Executable}'"; // asked for
        microgpt.Shell($"{run} train names.txt --steps 1 --quiet --out v.safetensors").Good();
    }

    static string F4(double number) => number.ToString("F4", CultureInfo.InvariantCulture);
}
