using System.Text;

namespace MicroGpt.Tests;

/// <summary>
/// Training with the library gives every bit that Python gave, from the first random number to the last sample.
/// </summary>
public class GoldenTests
{
    public static MatrixTheoryData<string, string> Runs =>
        new(["shipped-names-default", "names-default", "names-2layer", "unicode"],
            [.. VectorWidths.Supported.Select(VectorWidths.Name)]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Training_gives_the_bits_of_python(string name, string vector)
    {
        var (golden, width) = (Golden.Load(name), VectorWidths.Named(vector));
        var docs = golden.Documents();
        Assert.Equal(golden.Number("num_docs"), docs.Length);
        var random = new PythonRandom(42);
        random.Shuffle(docs.AsSpan());
        Rune[] characters = [.. docs.SelectMany(doc => doc.EnumerateRunes()).Distinct().Order()];
        Assert.Equal(golden.Number("vocab_size"), characters.Length + 1);

        var parameters = Parameters.Random(golden.Config(characters.Length + 1), random);
        Assert.Equal(golden.Number("num_params"), parameters.Values.Length);
        Assert.Equal(golden.Sha256("init_params_sha256"), Golden.Sha256(parameters.Values));

        var engine = new ExactEngine(parameters, new(), width: width);
        var batch = new TokenBatch(parameters.Config, 1);
        var losses = golden.Losses;
        for (var step = 0; step < golden.Steps; step++)
        {
            var ids = docs[step % docs.Length].EnumerateRunes().Select(c => Array.BinarySearch(characters, c));
            batch.Clear();
            batch.Add([characters.Length, .. ids, characters.Length]);
            var loss = engine.Backward(batch);
            Bits.Equal(losses[step], loss, $"{name}, {vector}, step {step}: loss");
            if (step == 0)
            {
                Assert.Equal(golden.Sha256("first_step_grads_sha256"), Golden.Sha256(engine.Gradient));
            }
            engine.Update(step, golden.LearningRate * (1 - (double)step / golden.Steps));
        }
        Assert.Equal(golden.Sha256("final_params_sha256"), Golden.Sha256(parameters.Values));
        Assert.Equal(golden.Samples, Sample(parameters, random, characters, golden.Temperature, width));
    }

    static IEnumerable<string> Sample(
        Parameters parameters, PythonRandom random, Rune[] characters, double temperature, VectorWidth width)
    {
        var decoder = new Decoder(parameters, width);
        var scores = new double[parameters.Config.VocabSize];
        var inverse = Libm.Pow(temperature, -1);
        for (var sample = 0; sample < 20; sample++)
        {
            decoder.Reset();
            var text = "";
            var token = characters.Length;
            while (decoder.Position < parameters.Config.BlockSize)
            {
                var logits = decoder.Next(token);
                for (var i = 0; i < scores.Length; i++)
                {
                    scores[i] = logits[i] * inverse;
                }
                Softmax.Apply(scores, scores, width);
                token = random.Choice(scores);
                if (token == characters.Length)
                {
                    break;
                }
                text += characters[token];
            }
            yield return text;
        }
    }
}
