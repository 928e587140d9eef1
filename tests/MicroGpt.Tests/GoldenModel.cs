namespace MicroGpt.Tests;

/// <summary>The settings of a recorded run, as the library takes them.</summary>
sealed partial class Golden
{
    public GptConfig Config(int vocabSize) =>
        new(vocabSize, Setting("n_layer"), Setting("n_embd"), Setting("block_size"), Setting("n_head"));

    public TrainingOptions Options() => new()
    {
        Steps = Steps,
        NLayer = Setting("n_layer"),
        NEmbd = Setting("n_embd"),
        NHead = Setting("n_head"),
        BlockSize = Setting("block_size"),
        LearningRate = LearningRate,
        Seed = Number("seed"),
    };
}
