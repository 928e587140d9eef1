using System.Text;

namespace MicroGpt.Tests;

/// <summary>Texts longer than the context are sampled, scored and evaluated as a sliding context is defined.</summary>
public sealed class SlidingTests
{
    const int Block = 8;

    static readonly Corpus list = new(["abba", "baba", "cab", "a", "accbabcabacacb"]);
    static readonly TrainingOptions options = new() { Steps = 80, NEmbd = 8, NHead = 2, BlockSize = Block, NLayer = 2 };
    static readonly Gpt ofList = Gpt.Train(list, options);
    static readonly Gpt ofText = Gpt.Train(Text("abcabcbacbaabccabbcaabcabcbacbaabccabbca"), options);

    static Corpus Text(string text) =>
        Corpus.Load(new MemoryStream(Encoding.UTF8.GetBytes(text)), "text", DocumentUnit.Chunk, Block);

    // p(tokens[i] | the tokens before it in the window that predicts it), by a new decoder for each.
    static double Probability(Gpt gpt, int[] tokens, int i, int stride)
    {
        var start = i <= Block ? 0 : (i - Block + stride - 1) / stride * stride; // the first window that reaches so far
        var decoder = new Decoder(gpt.Parameters);
        ReadOnlySpan<double> logits = decoder.Next(gpt.Tokenizer.Bos);
        foreach (var token in tokens.AsSpan((start + 1)..i))
        {
            logits = decoder.Next(token);
        }
        var p = new double[logits.Length];
        Softmax.Apply(logits, p);
        return p[tokens[i]];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scores_and_evaluations_are_those_of_the_windows(bool isRunning)
    {
        var gpt = isRunning ? ofText : ofList;
        var random = new Random(1);
        for (var stride = 1; stride <= Block; stride++)
        {
            foreach (var length in new[] { 1, Block - 1, Block, Block + 1, 2 * Block, 2 * Block + 1, 50 })
            {
                var text = string.Concat(Enumerable.Range(0, length).Select(_ => "abc"[random.Next(3)]));
                var tokens = gpt.Tokenizer.Encode(text);
                var last = isRunning ? length : length + 1;
                var expected = Enumerable.Range(1, last).Select(i => Probability(gpt, tokens, i, stride)).ToArray();
                var score = gpt.ScoreAll(text, stride);
                Assert.Equal(expected, score.Predictions.Select(prediction => prediction.Probability)); // the same bits
                Assert.False(score.IsTruncated);
                Assert.Equal(isRunning, score.Predictions[^1].Character != null); // the end is the last to be predicted
                var evaluation = gpt.Evaluate([text, "ab"], stride);
                Assert.Equal(last + (isRunning ? 2 : 3), evaluation.Predictions);
                Assert.Equal((2, 0), (evaluation.Documents, evaluation.TruncatedDocuments));
                Assert.Equal(score.NegativeLogLikelihood + gpt.ScoreAll("ab", stride).NegativeLogLikelihood,
                    evaluation.NegativeLogLikelihood, tolerance: 1e-9);
            }
        }
    }

    [Fact]
    public void What_fits_into_the_context_has_the_same_bits_however_it_slides()
    {
        foreach (var text in list.Where(text => text.Length < Block))
        {
            Assert.All([1, 3, Block], stride =>
            {
                Assert.Equal(
                    ofList.Score(text).NegativeLogLikelihood, ofList.ScoreAll(text, stride).NegativeLogLikelihood);
                Assert.Equal(ofList.Evaluate([text]), ofList.Evaluate([text], stride));
            });
        }
    }

    [Fact]
    public void Float32_evaluates_the_same_windows()
    {
        var corpus = Text(string.Concat(Enumerable.Repeat("abcabcbacbaabccabbcaabc", 40)));
        var gpt = Gpt.Train(corpus, options with { Precision = Precision.Float32, BatchSize = 4 });
        foreach (var stride in new[] { 1, 4, 5, Block })
        {
            var text = corpus.RunningText()[0];
            var evaluation = gpt.Evaluate(corpus.RunningText(), stride);
            Assert.Equal(text.Length, evaluation.Predictions);
            Assert.Equal(gpt.ScoreAll(text, stride).Loss, evaluation.Loss, tolerance: 1e-5);
        }
        Assert.True(gpt.Evaluate(corpus.RunningText(), 4).Loss < gpt.Evaluate(corpus).Loss); // fewer blind guesses
    }

    [Fact]
    public void Strides_that_can_not_be_are_refused() => Assert.All([0, -1, Block + 1], stride =>
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ofList.ScoreAll("ab", stride));
        Assert.Throws<ArgumentOutOfRangeException>(() => ofList.Evaluate(["ab"], stride));
        Assert.Throws<ArgumentException>(() => ofText.Evaluate([], 4));
        Assert.Throws<ArgumentException>(() => ofText.Evaluate([""], 4));
    });

    // As the sampler draws, but with a new decoder for each character. Half a block is forgotten at a time.
    static string Draw(Gpt gpt, SamplingOptions options, PythonRandom random, bool hasEnd)
    {
        var (bos, tokens) = (gpt.Tokenizer.Bos, gpt.Tokenizer.Encode(options.Prompt)[..^1].ToList());
        var start = tokens.Count <= Block ? 0 : tokens.Count - 1 - Block / 2; // tokens between BOS and the context
        while (tokens.Count - 1 < options.MaxLength)
        {
            start += tokens.Count - start > Block ? Block / 2 : 0;
            var decoder = new Decoder(gpt.Parameters);
            ReadOnlySpan<double> logits = decoder.Next(bos);
            foreach (var token in tokens.Skip(start + 1))
            {
                logits = decoder.Next(token);
            }
            var p = logits.ToArray();
            for (var i = 0; i < p.Length; i++)
            {
                p[i] *= Libm.Pow(options.Temperature, -1);
            }
            p[bos] = hasEnd && tokens.Count - 1 >= options.MinLength ? p[bos] : double.NegativeInfinity;
            Softmax.Apply(p, p);
            var next = random.Choice(p);
            if (next == bos)
            {
                break;
            }
            tokens.Add(next);
        }
        return string.Concat(tokens.Skip(1).Select(gpt.Tokenizer.Decode));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("ab", 30)]
    [InlineData("abcabca", 40)]
    [InlineData("abcabcab", 40)]
    [InlineData("abcabcabcabcabcabca", 40)]
    public void Samples_longer_than_the_block_are_drawn_as_defined(string prompt, int minLength)
    {
        foreach (var gpt in new[] { ofList, ofText })
        {
            var sampling = new SamplingOptions
            {
                Prompt = prompt,
                MinLength = minLength,
                MaxLength = 60,
                Temperature = 1,
            };
            for (var seed = 1; seed <= 10; seed++)
            {
                var expected = Draw(gpt, sampling, new(seed), hasEnd: gpt == ofList);
                Assert.Equal(expected, gpt.Generate(seed, sampling).First());
                Assert.Equal(expected, prompt + string.Concat(gpt.Stream(seed, sampling)));
                Assert.InRange(expected.Length, gpt == ofText ? 60 : minLength, 60); // running text has no end
            }
        }
    }

    [Fact]
    public void A_stream_has_no_end_if_none_is_set()
    {
        var options = new SamplingOptions { MaxLength = int.MaxValue };
        var some = string.Concat(ofText.Stream(5, options).Take(3000));
        Assert.Equal(3000, some.Length);
        Assert.Equal(some[..2000], ofText.Generate(5, options with { MaxLength = 2000 }).First());
        var letters = some.CountBy(letter => letter).ToDictionary();
        Assert.All("abc", letter => Assert.InRange(letters[letter], 300, 2000));
    }

    [Fact]
    public void A_block_of_one_character_slides_too()
    {
        var gpt = Gpt.Train(list, new() { Steps = 5, BlockSize = 1 });
        Assert.Equal(20, gpt.Generate(1, new() { MinLength = 20, MaxLength = 20 }).First().Length);
        Assert.Equal(5, gpt.ScoreAll("abca", stride: 1).Predictions.Count);
    }
}
